"""Chaos: break the running product in every way we know of while customers write, then count.

- `ledger`   customers who post until they get a 2xx, and write down every id that was acknowledged
- `faults`   what can break, one function each
- `verdict`  what must hold afterwards: nothing acknowledged is lost, nothing has happened twice
"""
