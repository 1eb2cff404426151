"""Search: everything one may see, found by words as they are typed; and what the command palette offers."""
