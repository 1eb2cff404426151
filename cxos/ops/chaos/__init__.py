"""Chaos: break the running product in every way we know of while customers write, then judge how it stood that.

- `ledger`     customers who post until they get a 2xx, and write down every id that was acknowledged, and every answer
- `faults`     what can break, one function each, with the answers allowed meanwhile and how soon all must be well again
- `endurance`  one fault, blow by blow
- `verdict`    what must hold afterwards: nothing acknowledged is lost, nothing has happened twice, everything is counted
"""
