"""The rules of the project itself: names, sizes, imports, purity and documents."""
