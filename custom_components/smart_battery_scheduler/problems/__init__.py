"""Problems that need a person: found here, shown by repairs."""
