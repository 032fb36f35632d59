"""Warehouse-native customer audiences."""
