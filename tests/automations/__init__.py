"""What automations, phones and voices can do with a home."""
