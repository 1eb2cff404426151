from crm.models.customer import Account, Customer, Identity, MergeSuggestion

__all__ = ["Account", "Customer", "Identity", "MergeSuggestion"]
