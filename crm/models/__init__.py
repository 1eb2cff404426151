from crm.models.consent import Consent, Purpose, Way
from crm.models.customer import Account, Customer, Identity, MergeSuggestion

__all__ = ["Account", "Consent", "Customer", "Identity", "MergeSuggestion", "Purpose", "Way"]
