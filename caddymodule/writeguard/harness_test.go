package writeguard

import "github.com/bot-bottle/cred-proxy/caddymodule/internal/target"

func parse(path string) (target.Target, error) { return target.Parse(path) }
