"""The rules of the guild. Pure: values in, values or errors out."""
