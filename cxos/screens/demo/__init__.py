"""The demo page: the site of a telephone company that does not exist, with the web chat on it."""
