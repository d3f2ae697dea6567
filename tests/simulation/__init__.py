"""Three months of one shop: real rules, templates, database, desk and clock; people and SMTP are played."""
