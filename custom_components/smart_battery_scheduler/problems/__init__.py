"""What a person must look at: found here, shown by repairs."""
