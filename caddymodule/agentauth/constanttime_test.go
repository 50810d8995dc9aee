package agentauth_test

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"slices"
	"testing"
)

// TestTheTokenIsComparedInConstantTime fails when the token is used anywhere
// but in Provision and, as a digest, in a constant-time comparison: time would
// tell how much of a guess is right. A measurement would not see it reliably.
func TestTheTokenIsComparedInConstantTime(t *testing.T) {
	file, err := parser.ParseFile(gotoken.NewFileSet(), "agentauth.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	compared := false
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || !uses(function, "Reveal") {
			continue
		}
		switch function.Name.Name {
		case "Provision":
		case "matches":
			statements := function.Body.List
			result, ok := statements[len(statements)-1].(*ast.ReturnStmt)
			compared = ok && uses(result, "ConstantTimeCompare") && !uses(result, "Reveal")
			for _, statement := range statements {
				if uses(statement, "Reveal") && !digests(statement) {
					t.Error("matches uses the token itself, not its digest")
				}
			}
		default:
			t.Errorf("%s uses the token", function.Name.Name)
		}
	}
	if !compared {
		t.Error("matches does not return a constant-time comparison")
	}
}

// uses reports whether a selector of that name is in the tree.
func uses(tree ast.Node, name string) (found bool) {
	ast.Inspect(tree, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		found = found || ok && selector.Sel.Name == name
		return true
	})
	return found
}

// digests reports whether a statement assigns nothing but SHA-256 digests.
func digests(statement ast.Stmt) bool {
	assignment, ok := statement.(*ast.AssignStmt)
	return ok && !slices.ContainsFunc(assignment.Rhs, func(value ast.Expr) bool {
		call, ok := value.(*ast.CallExpr)
		if !ok {
			return true
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		return !ok || selector.Sel.Name != "Sum256"
	})
}
