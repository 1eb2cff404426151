"""How the house is set up: channels, queues, skills, hours, promises, rules, people, connections, and who changed what."""
