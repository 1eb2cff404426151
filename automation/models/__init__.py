from automation.models.rule import Rule

__all__ = ["Rule"]
