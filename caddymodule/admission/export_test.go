package admission

// OpenConnections returns how many connections count.
func OpenConnections() int {
	open.mu.Lock()
	defer open.mu.Unlock()
	return len(open.elements)
}

// StuckConnections counts connections with a request that no handler has got.
func StuckConnections() int {
	open.mu.Lock()
	defer open.mu.Unlock()
	return open.stuck.Len()
}
