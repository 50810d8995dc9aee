package writeguard

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/body"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/target"
)

// gitlabText is for rows that bring text: GitLab takes a line such as "/merge"
// in a description or a comment for a command
// (https://docs.gitlab.com/user/project/quick_actions/).
var gitlabText = &check{
	says: "its text has none but harmless quick actions, such as /label",
	holds: func(c *call) (bool, *refusal.Refusal) {
		parameters, ref := c.gitlabParameters()
		if ref == nil {
			ref = c.refuseQuickActions(parameters)
		}
		return ref == nil, ref
	},
}

// gitlabCaller is for rows with nothing else to look at.
var gitlabCaller = &check{
	says: "it names no caller of its own",
	holds: func(c *call) (bool, *refusal.Refusal) {
		_, ref := c.gitlabParameters()
		return ref == nil, ref
	},
}

// gitlabCallers are parameters that GitLab prefers to the header with the
// credential, or by which an administrator acts as another user. It takes
// them from JSON as well. cred_inject removes them from the query.
var gitlabCallers = []string{"privatetoken", "accesstoken", "jobtoken", "sudo"}

func isGitlabCaller(p parameter) bool { return slices.Contains(gitlabCallers, p.name) }

// gitlabMergeRequest: what lets others push to the source branch, merges, or
// deletes a branch is no part of proposing a change.
var gitlabMergeRequest = &check{
	says: "it sets none of " + strings.Join(gitlabMergeParameters, ", ") + ", and its text has none but harmless quick actions",
	holds: func(c *call) (bool, *refusal.Refusal) {
		parameters, ref := c.gitlabParameters()
		if ref == nil {
			ref = c.refuseQuickActions(parameters)
		}
		return ref == nil && !slices.ContainsFunc(parameters, isGitlabMerge), ref
	},
}

var gitlabMergeParameters = []string{
	"allow_collaboration", "allow_maintainer_to_push", "auto_merge", "merge_after", "merge_when_pipeline_succeeds",
	"remove_source_branch", "should_remove_source_branch", "force_remove_source_branch",
}

func isGitlabMerge(p parameter) bool {
	return p.isOn() && slices.ContainsFunc(gitlabMergeParameters, func(name string) bool {
		return newParameter(name, nil).name == p.name
	})
}

// judgeGitlabInputs is for mutations that are allowed.
func judgeGitlabInputs(c *call, in inputs) *refusal.Refusal {
	if ref := c.refuseQuickActions(in); ref != nil {
		return ref
	}
	if i := slices.IndexFunc(in, isGitlabMerge); i >= 0 {
		return c.refuse("merges and access, input "+in[i].name, "input "+in[i].name)
	}
	return nil
}

// gitlabFork: a fork is as visible as its source if nothing is said.
var gitlabFork = &check{
	says: "the fork keeps its source's visibility",
	holds: func(c *call) (bool, *refusal.Refusal) {
		parameters, ref := c.gitlabParameters()
		return ref == nil && !slices.ContainsFunc(parameters, func(p parameter) bool {
			return p.name == "visibility" && p.isOn() && p.value != "private"
		}), ref
	},
}

// gitlabParameters reads the query and the body, which Rails and Grape merge:
// JSON or a form, but not multipart, of which servers have too many ideas. A
// body that says who is calling is refused.
func (c *call) gitlabParameters() (inputs, *refusal.Refusal) {
	parameters := formParameters(c.target.Query)
	content, again, ref := body.Read(c.Request, maxJSON)
	if ref != nil {
		return nil, ref
	}
	c.Body = again
	if len(content) == 0 {
		return parameters, nil
	}
	sent, ref := c.gitlabBody(string(content))
	if i := slices.IndexFunc(sent, isGitlabCaller); i >= 0 {
		ref = &refusal.Refusal{
			Code: refusal.CredentialRefused, Hint: "leave the parameter out; the sidecar adds the credential", Reason: "body parameter " + sent[i].name,
		}
	}
	return append(parameters, sent...), ref
}

func (c *call) gitlabBody(content string) (inputs, *refusal.Refusal) {
	mediaType, params, ref := body.ContentType(c.Request)
	if ref != nil {
		return nil, ref
	}
	if mediaType == "application/x-www-form-urlencoded" {
		if !onlyUTF8(params) {
			return nil, body.Refuse("send the form in UTF-8", "parameters of a form's content type")
		}
		return formParameters(content), nil
	}
	value, ref := c.json()
	if ref != nil {
		return nil, ref
	}
	object, isObject := value.(map[string]any)
	if !isObject {
		return nil, body.Refuse("send a JSON object", "JSON that is no object")
	}
	var sent inputs
	sent.variable("", object)
	return sent, nil
}

// formParameters splits at ";" too, as older versions of Rack do. For newer
// ones what follows is still the value, so names count as text as well.
func formParameters(raw string) inputs {
	var in inputs
	for name, value := range target.Parameters(raw) {
		name = target.Decode(name)
		in = append(in, newParameter(name, target.Decode(value)), newParameter("", name))
	}
	return in
}

func (c *call) refuseQuickActions(in inputs) *refusal.Refusal {
	for _, p := range in {
		text, _ := p.value.(string)
		if action := quickAction(text); action != "" {
			return c.refuse("the quick action /"+action[:min(len(action), maxName)]+" in a text", "quick action")
		}
	}
	return nil
}

// quickAction looks at every line as GitLab may see it. GitLab deletes
// carriage returns first, so "/mer\rge" is one; others take them for a line's
// end. Code blocks, which GitLab leaves out, are looked at as well: where they
// end is for a Markdown parser to say.
func quickAction(text string) string {
	for _, mapping := range []func(rune) rune{
		func(r rune) rune {
			if isInvisible(r) && r != '\n' && r != '\t' {
				return -1
			}
			return r
		},
		func(r rune) rune {
			switch r {
			case '\r', '\v', '\f', '\u0085', '\u2028', '\u2029':
				return '\n'
			}
			return r
		},
	} {
		for line := range strings.SplitSeq(strings.Map(mapping, text), "\n") {
			if action := quickActionOf(line); action != "" && !harmlessQuickActions[action] {
				return action
			}
		}
	}
	return ""
}

// quickActionOf returns the word behind the slash if a space or the line's end
// follows: "/usr/bin" and "/etc/passwd" are no quick actions.
func quickActionOf(line string) string {
	word, found := strings.CutPrefix(strings.TrimLeftFunc(line, isBlank), "/")
	if !found {
		return ""
	}
	end := strings.IndexFunc(word, func(r rune) bool {
		return r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	if end < 0 {
		return strings.ToLower(word)
	}
	if strings.IndexFunc(word[end:], isBlank) != 0 {
		return ""
	}
	return strings.ToLower(word[:end])
}

func isBlank(r rune) bool { return unicode.IsSpace(r) || isInvisible(r) }

// isInvisible is true for what is no UTF-8, too: a server may drop it.
func isInvisible(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError
}

// harmlessQuickActions do what the rows that are allowed do as well. Not among
// them: /merge, /ship, /rebase, /run_pipeline, /create_merge_request, /tag,
// /move, /clone, /invite_email, /promote_to, /q, /page, /publish and what is
// new.
var harmlessQuickActions = func() map[string]bool {
	set := make(map[string]bool)
	for name := range strings.FieldsSeq(
		"close reopen title duplicate confidential lock unlock subscribe unsubscribe todo done cc " +
			"label labels unlabel remove_label relabel milestone remove_milestone due remove_due_date due_date " +
			"assign unassign remove_assignee reassign estimate estimate_time remove_estimate remove_time_estimate " +
			"spend spent spend_time remove_time_spent award react shrug tableflip copy_metadata board_move " +
			"relate linked_items unlink blocks blocked_by weight clear_weight severity status " +
			"epic remove_epic iteration remove_iteration health_status clear_health_status " +
			"set_parent remove_parent parent_epic remove_parent_epic add_child remove_child child_epic remove_child_epic " +
			"draft ready target_branch assign_reviewer reviewer request_review unassign_reviewer remove_reviewer " +
			"reassign_reviewer approve unapprove submit_review request_changes") {
		set[name] = true
	}
	return set
}()
