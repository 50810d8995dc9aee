package writeguard_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// TestHostileGraphQL fails when a mutation gets through that is not in the
// table, because its document, the JSON around it, or the HTTP around that is
// read differently here and upstream.
func TestHostileGraphQL(t *testing.T) {
	address, upstream := guard(t, "github guarded")
	var attempts []attempt
	post := func(name, body, code string, headers ...string) {
		if headers == nil {
			headers = []string{jsonType}
		}
		attempts = append(attempts, attempt{name, "POST", "/graphql", headers, body, code})
	}
	document := func(name, document, code string) {
		body, err := json.Marshal(map[string]any{"query": document})
		if err != nil {
			t.Fatal(err)
		}
		post(name, string(body), code)
	}
	const (
		merge = `mergePullRequest(input:{pullRequestId:"x"}){clientMutationId}`
		harm  = `addComment(input:{subjectId:"x",body:"y"}){clientMutationId}`
	)

	// What is in the document.
	document("a merge", "mutation{"+merge+"}", "write_refused")
	document("under an alias", "mutation{addComment:"+merge+"}", "write_refused")
	document("under an alias, beside a harmless one", "mutation{a:"+harm+" b:"+merge+"}", "write_refused")
	document("in an inline fragment", "mutation{...on Mutation{"+merge+"}}", "write_refused")
	document("in an inline fragment without a type", "mutation{...{"+merge+"}}", "write_refused")
	document("in an inline fragment of another type", "mutation{...on Query{"+merge+"}}", "write_refused")
	document("in a fragment", "mutation{...f}fragment f on Mutation{"+merge+"}", "write_refused")
	document("in a fragment before it", "fragment f on Mutation{"+merge+"}mutation{...f}", "write_refused")
	document("in a fragment of a fragment", "mutation{...f}fragment f on Mutation{...{...g}}fragment g on Mutation{"+merge+"}", "write_refused")
	document("in a fragment of the wrong type", "mutation{...f}fragment f on Query{"+merge+"}", "write_refused")
	document("in a fragment with a variable", "mutation{...f}fragment f($a:Int=1) on Mutation{"+merge+"}", "write_refused")
	document("in the second of two fragments of a name", "mutation{...f}fragment f on Mutation{"+harm+"}fragment f on Mutation{"+merge+"}", "body_refused")
	document("in a fragment that there is not", "mutation{...f "+harm+"}", "body_refused")
	document("in a fragment of itself", "mutation{...f}fragment f on Mutation{...f "+harm+"}", "body_refused")
	document("in two fragments of each other", "mutation{...f}fragment f on Mutation{...g}fragment g on Mutation{...f}", "body_refused")
	document("that is to be skipped", "mutation{"+harm+" "+strings.Replace(merge, "{clientMutationId}", "@skip(if:true){clientMutationId}", 1)+"}", "write_refused")
	document("that is not to be included", "mutation($b:Boolean=false){"+strings.Replace(merge, "{clientMutationId}", "@include(if:$b){clientMutationId}", 1)+"}", "write_refused")
	document("in a skipped fragment", "mutation{...f@skip(if:true) "+harm+"}fragment f on Mutation{"+merge+"}", "write_refused")
	document("as a second operation", "query a{viewer{login}}mutation b{"+merge+"}", "write_refused")
	document("as the first operation", "mutation b{"+merge+"}query a{viewer{login}}", "write_refused")
	document("beside an anonymous query", "{viewer{login}}mutation b{"+merge+"}", "write_refused")
	document("with a directive on the operation", "mutation@x{"+merge+"}", "write_refused")
	document("with a name like a query", "mutation query{"+merge+"}", "write_refused")
	document("with commas for spaces", ",,mutation,,{,"+merge+",}", "write_refused")
	document("after a comment", "# {viewer{login}}\nmutation{"+merge+"}", "write_refused")
	document("after a comment that ends in CRLF", "# {\r\nmutation{"+merge+"}", "write_refused")
	document("after a comment that ends in CR", "query a{viewer{login}}# \rmutation b{"+merge+"}", "body_refused")
	document("after a comment that may end in U+2028", "query a{viewer{login}}# \u2028mutation b{"+merge+"}", "body_refused")
	document("after a comment that may end in NEL", "query a{viewer{login}}# \u0085mutation b{"+merge+"}", "body_refused")
	document("after a byte order mark", "\ufeffmutation{"+merge+"}", "body_refused")
	document("after a form feed", "\fmutation{"+merge+"}", "body_refused")
	document("after a NUL", "{viewer{login}}\x00mutation{"+merge+"}", "body_refused")
	document("behind a block string with four quotation marks", `mutation{addComment(input:{body:"""a""""}){x}`+merge+`#"""}){x}}`, "body_refused")
	document("behind a block string that gqlparser ends late", `mutation{addComment(input:["""a"""" , " ]){x}`+merge+`}#"]){x}}`, "body_refused")
	document("behind a block string with a backslash", `mutation{addComment(input:{body:"""a\\"""}){x}`+merge+`#"""}){x}}`, "body_refused")
	document("behind an escaped block string", `mutation{addComment(input:{body:"""\""""""}){x}`+merge+`}`, "body_refused")
	document("behind an open string", `mutation{addComment(input:{body:"a`+"\n"+`"}){x}`+merge+`}`, "body_refused")
	document("behind a bad escape", `mutation{addComment(input:{body:"\q"}){x}`+merge+`}`, "body_refused")
	document("in a Unicode name", "mutation{\u006derge\u0050ullRequest\u200b(input:{}){x}}", "body_refused")
	document("an unknown mutation", "mutation{frobnicate(input:{}){x}}", "write_refused")
	document("a mutation in another case", "mutation{AddComment(input:{}){x}}", "write_refused")
	document("a mutation with an underscore", "mutation{_addComment(input:{}){x}}", "write_refused")
	document("a subscription", "subscription{x}", "write_refused")
	document("a subscription beside a query", "query a{viewer{login}}subscription b{x}", "write_refused")
	document("a clone token", `{repository(owner:"o",name:"r"){tempCloneToken}}`, "write_refused")
	document("a clone token under an alias", `{repository(owner:"o",name:"r"){id:tempCloneToken}}`, "write_refused")
	document("a clone token in a fragment", `{repository(owner:"o",name:"r"){...f}}fragment f on Repository{owner{...{x:tempCloneToken}}}`, "write_refused")
	document("a clone token that a mutation returns", `mutation{createIssue(input:{}){issue{repository{tempCloneToken}}}}`, "write_refused")
	document("nothing", "", "body_refused")
	document("a fragment alone", "fragment f on Mutation{"+merge+"}", "body_refused")
	document("no GraphQL", "mutation", "body_refused")
	document("an empty selection", "mutation{}", "body_refused")
	document("a schema", "type Mutation{a:Int}", "body_refused")
	document("an open document", "mutation{"+merge, "body_refused")
	document("a deep document", "query"+strings.Repeat("{a", 5_000)+strings.Repeat("}", 5_000), "body_refused")
	document("a deep value", "{a(b:"+strings.Repeat("[", 5_000)+strings.Repeat("]", 5_000)+")}", "body_refused")
	document("many fields", "{"+strings.Repeat("a ", 30_000)+"}", "body_refused")
	document("many comments", strings.Repeat("#\n", 30_000)+"{a}", "body_refused")
	for _, name := range []string{
		"createCommitOnBranch", "createRef", "updateRef", "updateRefs", "deleteRef", "mergeBranch", "enablePullRequestAutoMerge", "enqueuePullRequest", "updatePullRequestBranch",
		"revertPullRequest", "createLinkedBranch", "createRepository", "updateRepository", "deleteIssue", "transferIssue", "createBranchProtectionRule", "updateRepositoryRuleset",
		"createCheckRun", "rerequestCheckSuite", "createDeployment", "approveDeployments", "addEnterpriseOrganizationMember", "deleteProjectV2", "updateProjectV2Collaborators",
		"updateProjectV2", "regenerateEnterpriseIdentityProviderRecoveryCodes", "createIpAllowListEntry", "deletePackageVersion", "startRepositoryMigration",
	} {
		document(name, "mutation{"+name+"(input:{}){clientMutationId}}", "write_refused")
	}

	// What is around it.
	q := func(query string) string { return fmt.Sprintf("%q:%q", "query", query) }
	m := q("mutation{mergePullRequest(input:{}){x}}")
	post("operationName of the query", `{`+q("query a{viewer{login}}mutation b{"+`mergePullRequest(input:{}){x}`+"}")+`,"operationName":"a"}`, "write_refused")
	post("operationName null", `{`+m+`,"operationName":null}`, "write_refused")
	post("a batch", `[{`+q("{a}")+`},{`+m+`}]`, "write_refused")
	post("a batch in a batch", `[[{`+m+`}]]`, "body_refused")
	post("an empty batch", `[]`, "body_refused")
	post("a large batch", `[`+strings.Repeat(`{"query":"{a}"},`, 60)+`{"query":"{a}"}]`, "body_refused")
	post("a key twice", `{`+q("{a}")+`,`+m+`}`, "body_refused")
	post("a key in another case as well", `{`+q("{a}")+`,"Query":"mutation{x}"}`, "body_refused")
	post("a key in another case", `{"QUERY":"mutation{mergePullRequest(input:{}){x}}"}`, "write_refused")
	post("a key escaped", `{"\u0071uery":"mutation{mergePullRequest(input:{}){x}}"}`, "write_refused")
	post("a key twice, escaped", `{`+q("{a}")+`,"\u0071uery":"mutation{x}"}`, "body_refused")
	post("a document in escapes", `{"query":"\u006dutation{\u006dergePullRequest(input:{}){x}}"}`, "write_refused")
	post("a document in an unpaired surrogate", `{"query":"{a}\ud800"}`, "body_refused")
	post("a persisted query", `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}`, "write_refused")
	post("a persisted query beside a query", `{`+q("{a}")+`,"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}`, "write_refused")
	for _, key := range []string{"id", "queryId", "documentId", "doc_id", "hash", "mutation", "document", "query ", "operation", "_method"} {
		post("member "+key, fmt.Sprintf(`{%q:"x"}`, key), "write_refused")
	}
	post("no query", `{"variables":{}}`, "body_refused")
	post("a query that is null", `{"query":null}`, "body_refused")
	post("a query that is a list", `{"query":["mutation{x}"]}`, "body_refused")
	post("variables as a string", `{`+q("{a}")+`,"variables":"{}"}`, "body_refused")
	post("operationName as a list", `{`+q("{a}")+`,"operationName":[]}`, "body_refused")
	post("a string", `"mutation{x}"`, "body_refused")
	post("null", `null`, "body_refused")
	post("no body", ``, "body_refused")
	post("a byte order mark", "\ufeff{"+m+"}", "body_refused")
	post("UTF-16", "\xff\xfe{\x00", "body_refused")
	post("UTF-7", `{`+m+`}`, "body_refused", "Content-Type: application/json; charset=utf-7")
	post("two values", `{`+q("{a}")+`}{`+m+`}`, "body_refused")
	post("a deep value of JSON", `{`+q("{a}")+`,"variables":{"a":`+strings.Repeat("[", 500)+strings.Repeat("]", 500)+`}}`, "body_refused")
	post("a large body", `{`+q("{a}")+`,"variables":{"a":"`+strings.Repeat("x", 1<<20)+`"}}`, "body_refused")
	post("as GraphQL", "mutation{"+merge+"}", "body_refused", "Content-Type: application/graphql")
	post("as a form", "query="+url.QueryEscape("mutation{"+merge+"}"), "body_refused", formType)
	post("as parts", "--b\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{"+m+"}\r\n--b--\r\n", "body_refused", "Content-Type: multipart/form-data; boundary=b")
	post("as text", `{`+m+`}`, "body_refused", "Content-Type: text/plain")
	post("as no type", `{`+m+`}`, "body_refused", "X-Nothing: x")
	post("as two types", `{`+q("{a}")+`}`, "body_refused", jsonType, "Content-Type: application/graphql")
	post("as two types in one", `{`+q("{a}")+`}`, "body_refused", "Content-Type: application/json, application/graphql")
	post("as JSON of another kind", `{`+q("{a}")+`}`, "body_refused", "Content-Type: application/vnd.api+json")
	post("compressed", `{`+q("{a}")+`}`, "body_refused", jsonType, "Content-Encoding: gzip")
	post("with a method override", `{`+q("{a}")+`}`, "write_refused", jsonType, "X-HTTP-Method-Override: PUT")

	// Where it is, and how it is sent.
	at := func(method, target, body, code string) {
		attempts = append(attempts, attempt{method + " " + target, method, target, []string{jsonType}, body, code})
	}
	plain := `{` + q("{a}") + `}`
	for _, target := range []string{
		"/GraphQL", "/graphql%2F", "/graph%71l", "/graphql;x", "/graphql%3Fx", "/api/graphql;x", "/api%2Fgraphql", "/graphql%5C", "/graphq%256c",
		"/graphql/x", "/v3/graphql", "/api/v3/graphql", "/repos/graphql",
	} {
		at("POST", target, plain, "write_refused")
	}
	at("POST", "/./graphql", plain, "ambiguous_path")
	at("POST", "/graphql%00", plain, "ambiguous_path")
	for _, method := range []string{"PUT", "PATCH", "DELETE", "QUERY", "post"} {
		at(method, "/graphql", plain, "write_refused")
	}
	at("POST", "/graphql?query=mutation", plain, "body_refused")
	at("POST", "/graphql?x", plain, "body_refused")
	mutation := url.QueryEscape("mutation{" + merge + "}")
	for _, query := range []string{"query=" + mutation, "%71uery=" + mutation} {
		at("GET", "/graphql?"+query, "", "write_refused")
	}
	at("HEAD", "/graphql?query="+mutation, "", "write_refused")
	for _, query := range []string{
		"query={a}&query=" + mutation, "query={a}&%71uery=" + mutation, "query={a};query=" + mutation, "QUERY=" + mutation, "query[]=" + mutation, "%2571uery=" + mutation,
		"query={a}&extensions={}", "id=x", "query={a}&operationName=a&operationName=b", "query=%zz", "query={a}%", "query=", "variables={}", "+query=" + mutation,
	} {
		at("GET", "/graphql?"+query, "", "body_refused")
	}
	at("GET", "/graphql", plain, "body_refused")
	at("GET", "/GraphQL?query="+mutation, "", "write_refused")
	at("GET", "/graphql%3Fquery="+mutation, "", "write_refused")
	judge(t, address, upstream, attempts)
}
