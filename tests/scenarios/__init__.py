"""Control's promises, one by one, through Home Assistant and the fake cloud."""
