"""Sound that is kept: what the product itself says, spoken once and played from then on."""
