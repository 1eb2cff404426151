"""Notifications: the bell of every page, the centre, and the browsers that are told while no page is open."""
