package credheader

import "testing"

// TestIs fails when a spelling under which a server takes a credential is not
// recognised.
func TestIs(t *testing.T) {
	for name, want := range map[string]bool{
		"Authorization": true, "AUTHORIZATION": true, "x_api_key": true, "X-Api_Key": true, " Cookie ": true, "PRIVATE-TOKEN": true, "X-JFrog-Art-Api": true,
		"Accept": false, "X-Authorization-Info": false, "": false, "X-Amz-Date": false,
	} {
		if got := Is(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
