"""The room between capture and labels."""
