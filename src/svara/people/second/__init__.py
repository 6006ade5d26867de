"""The second factor: what somebody shows beside the password, or instead of it (tables: `svara.people.models.second`)."""
