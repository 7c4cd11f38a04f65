package host_test

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"testing"

	"github.com/wisr-dev/wisr/host"
	"github.com/wisr-dev/wisr/host/config"
)

func TestACopyFromAFolderThatIsNotThereFails(t *testing.T) {
	cfg := &config.Config{Dir: t.TempDir()}
	if _, err := host.CopyStore(t.Context(), cfg, "dir:pagse", "dir:pages", slog.New(slog.DiscardHandler), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it ends with %v", err)
	}
	if made, err := os.ReadDir(cfg.Dir); err != nil || len(made) != 0 {
		t.Errorf("it made %v, %v", made, err)
	}
}
