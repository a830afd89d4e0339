"""Rules on governance: risk, model cards, data, vendors, the people concerned and what a use case brings."""
