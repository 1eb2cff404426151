"""Chaos: break the running product in every way we know of while customers write, then judge how it stood that.

- `ledger`     customers who post until they get a 2xx, and write down every id that was acknowledged, and every answer
- `faults`     what can break, one function each, with the answers allowed meanwhile and how soon all must be well again
- `endurance`  one fault, blow by blow
- `page`       an agent's page that stays open through all of it: its session, its socket, what it shows in the end
- `receiver`   the other system that replies are posted to, signed
- `verdict`    what must hold afterwards: nothing acknowledged is lost, nothing has happened twice, everything is counted
"""
