package writeguard

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// parameter is what a request brings under a name, wherever it was sent.
type parameter struct {
	// name is in lower case, without "[…]" and without "_".
	name string
	// value is as in body.JSON; a string in queries and forms.
	value any
}

func newParameter(name string, value any) parameter {
	name, _, _ = strings.Cut(name, "[")
	return parameter{strings.ToLower(strings.ReplaceAll(strings.TrimSpace(name), "_", "")), value}
}

// isOn errs on the side of yes.
func (p parameter) isOn() bool {
	switch p.value {
	case nil, false, "", "false", "0":
		return false
	}
	return true
}

// inputs are the values of a GraphQL document: all of them, because which one
// a server uses depends on operationName, variables and directives.
type inputs []parameter

func inputsOf(document *ast.QueryDocument) inputs {
	var in inputs
	for _, operation := range document.Operations {
		for _, variable := range operation.VariableDefinitions {
			in.value(variable.Variable, variable.DefaultValue)
			in.directives(variable.Directives)
		}
		in.directives(operation.Directives)
		in.selections(operation.SelectionSet)
	}
	for _, fragment := range document.Fragments {
		in.directives(fragment.Directives)
		in.selections(fragment.SelectionSet)
	}
	return in
}

func (in *inputs) selections(set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			in.arguments(s.Arguments)
			in.directives(s.Directives)
			in.selections(s.SelectionSet)
		case *ast.InlineFragment:
			in.directives(s.Directives)
			in.selections(s.SelectionSet)
		case *ast.FragmentSpread:
			in.directives(s.Directives)
		}
	}
}

func (in *inputs) directives(directives ast.DirectiveList) {
	for _, directive := range directives {
		in.arguments(directive.Arguments)
	}
}

func (in *inputs) arguments(arguments ast.ArgumentList) {
	for _, argument := range arguments {
		in.value(argument.Name, argument.Value)
	}
}

// value adds a literal; a variable counts as something under the name.
func (in *inputs) value(name string, v *ast.Value) {
	switch {
	case v == nil || v.Kind == ast.NullValue:
	case v.Kind == ast.ListValue || v.Kind == ast.ObjectValue:
		for _, child := range v.Children {
			if child.Name != "" {
				name = child.Name
			}
			in.value(name, child.Value)
		}
	case v.Kind == ast.Variable:
		*in = append(*in, newParameter(name, "$"+v.Raw))
	default:
		*in = append(*in, newParameter(name, v.Raw))
	}
}

// variable adds a JSON value and what is in it.
func (in *inputs) variable(name string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			in.variable(name, member)
		}
	case []any:
		for _, element := range v {
			in.variable(name, element)
		}
	default:
		*in = append(*in, newParameter(name, v))
	}
}
