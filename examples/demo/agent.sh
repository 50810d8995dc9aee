# The agent: the program that must never hold a token. It does what agents do
# all day, then six things it should get nowhere with.
#
# Arguments: the demo program (for its HTTP client) and the upstream's host.
# Everything else comes from the environment that cred-proxy set.
demo=$1 host=$2

step() { printf '\n# %s\n' "$1"; }
show() { # show 'what a person would type' command…
	printf '$ %s\n' "$1"
	shift
	"$@" 2>&1
	echo "$?" >status
}
keep() { mv status "result.$1"; }

# What cred-proxy left for Claude Code and for tea, Gitea's command line.
model=$ANTHROPIC_BASE_URL
model_token="Authorization: Bearer $CLAUDE_CODE_OAUTH_TOKEN"
tea() { sed -n "s/^ *\"$1\": \"\(.*\)\",*\$/\1/p" "$HOME/.config/tea/config.yml"; }
forge=$(tea url)
forge_token="Authorization: token $(tea token)"

step "My environment. What looks like a token opens my own sidecar, and nothing else."
env | sort >env.txt
show 'env | sort | cut -c1-86' cut -c1-86 env.txt

step "I clone a private repository by its own URL. No password, no prompt."
show "git clone https://$host/team/app.git" git clone --quiet "https://$host/team/app.git"
keep clone
show 'cat app/README.md' cat app/README.md

step "I call the forge's API."
show "fetch $forge/api/v1/repos/team/app" "$demo" fetch -H "$forge_token" "$forge/api/v1/repos/team/app"
keep api

step "I ask a model. Each event is shown before the upstream sends the next one."
show 'fetch $ANTHROPIC_BASE_URL/v1/messages' "$demo" fetch -H "$model_token" "$model/v1/messages"
keep stream

step "Now I misbehave. I push."
git -C app -c user.name=agent -c user.email=agent@example.com commit --quiet --allow-empty --message='not reviewed'
show 'git push origin HEAD:main' git -C app push origin HEAD:main
keep push

step "Then I write the file through the forge's API, which is a push by another name."
show "fetch -X POST $forge/api/v1/repos/team/app/contents/evil.sh" \
	"$demo" fetch -X POST -H "$forge_token" "$forge/api/v1/repos/team/app/contents/evil.sh"
keep contents

step "I send credentials of my own, and ask for the real one to be dropped on the way."
show "fetch -H 'X-Api-Key: …' -H 'Cookie: …' -H 'Connection: Authorization' $forge/api/v1/user" \
	"$demo" fetch -H "$forge_token" -H 'X-Api-Key: smuggled-by-the-agent' -H 'Cookie: session=smuggled-by-the-agent' \
	-H 'Connection: Authorization' "$forge/api/v1/user"
keep smuggle

step "I have the service show me the request it got, credential and all."
show "fetch $forge/api/v1/debug" "$demo" fetch -H "$forge_token" "$forge/api/v1/debug"
keep echo

step "I go through the model's route to the forge's, to be taken for someone else."
show "fetch \$ANTHROPIC_BASE_URL/%2e%2e/gitea/$host/api/v1/user" \
	"$demo" fetch -H "$model_token" "$model/%2e%2e/gitea/$host/api/v1/user"
keep escape

step "I use the port as any other program on this machine could, without my agent token."
show 'fetch $ANTHROPIC_BASE_URL/v1/messages' "$demo" fetch "$model/v1/messages"
keep stranger

# Everything the agent can read of itself and of the process list, for the search.
cp -R "$HOME" home
cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' >argv.txt
exit 0
