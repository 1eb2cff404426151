"""The customer record: who somebody is, how we recognise them, and what we know.

Nouns: customer, identity, merge suggestion, account, consent, preference.

Invariants
- An identity (kind and normalised value) belongs to exactly one customer.
- Two customers are never merged silently: shared evidence makes a suggestion, a person decides.
- A merged customer keeps its row and points to the survivor, so that every old link still works.
- Consent entries are only added; the newest of a purpose and way holds, and what is forbidden stands in `Customer.refused`.

Events out: CustomerCreated, MergeSuggested, CustomersMerged. Imports: cxos.core.
"""
