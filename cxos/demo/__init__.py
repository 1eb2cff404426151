"""A small contact centre to look at: seeded once, then kept alive from outside, by the public API and sockets alone."""
