"""What happened at a site, published to entities, triggers and the event bus."""
