package admission

// OpenConnections returns how many connections count.
func OpenConnections() int {
	open.mu.Lock()
	defer open.mu.Unlock()
	return len(open.elements)
}
