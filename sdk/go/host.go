package page

import "fmt"

// Config returns a value of [config] in the plugin's manifest, "" when the key
// is not there.
func Config(key string) string {
	return hostConfig(key)
}

// Debugf writes a line to the log of this generation, which wisr shows with the
// plugin's name, and together with the failure when the generation fails. The
// format is that of package fmt.
func Debugf(format string, args ...any) { hostLog(levelDebug, fmt.Sprintf(format, args...)) }

// Infof is Debugf, at level info.
func Infof(format string, args ...any) { hostLog(levelInfo, fmt.Sprintf(format, args...)) }

// Warnf is Debugf, at level warning.
func Warnf(format string, args ...any) { hostLog(levelWarn, fmt.Sprintf(format, args...)) }

// Errorf is Debugf, at level error. It does not make the generation fail: a
// function does that by returning an error.
func Errorf(format string, args ...any) { hostLog(levelError, fmt.Sprintf(format, args...)) }

type level uint8

const (
	levelDebug level = iota
	levelInfo
	levelWarn
	levelError
)

func (l level) String() string {
	return [...]string{"debug", "info", "warn", "error"}[l]
}
