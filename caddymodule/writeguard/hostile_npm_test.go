package writeguard_test

import "testing"

// TestHostileNpm fails when an agent publishes, or gets a credential of the
// registry's that outlives the bottle.
func TestHostileNpm(t *testing.T) {
	address, upstream := guard(t, "npm guarded")
	const a, w = "ambiguous_path", "write_refused"
	json := []string{jsonType}
	judge(t, address, upstream, []attempt{
		{"publish", "PUT", "/left-pad", json, `{}`, w},
		{"publish a scoped package", "PUT", "/@scope%2fname", json, `{}`, w},
		{"publish in two segments", "PUT", "/@scope/name", json, `{}`, w},
		{"publish, encoded", "PUT", "/%40scope%2Fname", json, `{}`, w},
		{"publish, encoded twice", "PUT", "/@scope%252fname", json, `{}`, w},
		{"publish a name like an audit's", "PUT", "/-/npm/v1/security/audits", json, `{}`, w},
		{"publish behind an audit", "PUT", "/-/npm/v1/security/audits/quick/%2e%2e/%2e%2e/x", json, `{}`, a},
		{"stage", "POST", "/-/stage/package/@scope%2fname", json, `{}`, w},
		{"approve what is staged", "POST", "/-/stage/1/approve", nil, "", w},
		{"deprecate with a query", "PUT", "/left-pad?write=true", json, `{}`, w},
		{"unpublish", "DELETE", "/left-pad/-rev/1-abc", nil, "", w},
		{"unpublish one version", "DELETE", "/@scope%2fname/-/name-1.0.0.tgz/-rev/1-abc", nil, "", w},
		{"a dist-tag", "PUT", "/-/package/@scope%2fname/dist-tags/latest", json, `"1.0.0"`, w},
		{"a dist-tag in two segments", "PUT", "/-/package/@scope/name/dist-tags/latest", json, `"1.0.0"`, w},
		{"a dist-tag removed", "DELETE", "/-/package/left-pad/dist-tags/latest", nil, "", w},
		{"access", "POST", "/-/package/@scope%2fname/access", json, `{}`, w},
		{"a trusted publisher", "POST", "/-/package/left-pad/trust", json, `{}`, w},
		{"a token for one package", "POST", "/-/npm/v1/oidc/token/exchange/package/left-pad", nil, "", w},
		{"a token", "POST", "/-/npm/v1/tokens", json, `{}`, w},
		{"a token, with another slash", "POST", "/-//npm/v1/tokens/", json, `{}`, w},
		{"a token, encoded", "POST", "/-/npm/v1/token%73", json, `{}`, w},
		{"a token removed", "DELETE", "/-/npm/v1/tokens/token/abc", nil, "", w},
		{"a log-in", "PUT", "/-/user/org.couchdb.user:me", json, `{}`, w},
		{"a log-in on the web", "POST", "/-/v1/login", json, `{}`, w},
		{"the end of a log-in on the web", "GET", "/-/v1/done?authId=x", nil, "", w},
		{"the end of a log-in on the web, in another case", "GET", "/-/V1/Done?authId=x", nil, "", w},
		{"a profile", "POST", "/-/npm/v1/user", json, `{}`, w},
		{"a hook", "POST", "/-/npm/v1/hooks/hook", json, `{}`, w},
		{"a member", "PUT", "/-/org/o/user", json, `{}`, w},
		{"a team", "PUT", "/-/org/o/team", json, `{}`, w},
		{"a team's packages", "PUT", "/-/team/o/t/package", json, `{}`, w},
		{"git's transport, which a registry has not", "POST", "/o/r.git/git-upload-pack", []string{fetch}, "0000", w},
		{"an audit by another method", "PATCH", "/-/npm/v1/security/audits", json, `{}`, w},
		{"an audit in another case", "POST", "/-/npm/v1/security/Audits", json, `{}`, w},
		{"an audit with more behind it", "POST", "/-/npm/v1/security/audits/quick/x", json, `{}`, w},
	})
}

// TestEverydayNpm fails when installing or auditing does not get through.
func TestEverydayNpm(t *testing.T) {
	address, upstream := guard(t, "npm guarded")
	judge(t, address, upstream, []attempt{
		{"a package", "GET", "/left-pad", nil, "", ""},
		{"a scoped package", "GET", "/@scope%2fname", nil, "", ""},
		{"a scoped package in two segments", "GET", "/@scope/name", nil, "", ""},
		{"a tarball", "GET", "/@scope/name/-/name-1.0.0.tgz", nil, "", ""},
		{"a package called done", "GET", "/done", nil, "", ""},
		{"who am I", "GET", "/-/whoami", nil, "", ""},
		{"a search", "GET", "/-/v1/search?text=x", nil, "", ""},
		{"signatures' keys", "GET", "/-/npm/v1/keys", nil, "", ""},
		{"attestations", "GET", "/-/npm/v1/attestations/left-pad@1.0.0", nil, "", ""},
		{"an audit", "POST", "/-/npm/v1/security/advisories/bulk", []string{jsonType, "Content-Encoding: gzip"}, "\x1f\x8b", ""},
		{"an audit of old", "POST", "/-/npm/v1/security/audits/quick", []string{jsonType}, `{}`, ""},
		{"yarn's audit", "POST", "/-/npm/v1/security/audits", []string{jsonType}, `{}`, ""},
	})
}

// TestPrivateRegistry fails when a registry below a path is judged otherwise
// than npm's own.
func TestPrivateRegistry(t *testing.T) {
	address, upstream := guard(t, "npm guarded {\nbase /api/npm/\n}")
	judge(t, address, upstream, []attempt{
		{"an audit", "POST", "/api/npm/-/npm/v1/security/audits/quick", []string{jsonType}, `{}`, ""},
		{"a publish", "PUT", "/api/npm/@s%2fn", []string{jsonType}, `{}`, "write_refused"},
		{"a log-in", "PUT", "/api/npm/-/user/org.couchdb.user:me", []string{jsonType}, `{}`, "write_refused"},
		{"an upload beside the registry", "PUT", "/api/generic/x", []string{jsonType}, `{}`, "write_refused"},
		{"the end of a log-in", "GET", "/api/npm/-/v1/done", nil, "", "write_refused"},
	})
}
