"""Who we serve: found by name, address or number; one page with everything that happened; two records made one."""
