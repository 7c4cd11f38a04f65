package memory

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// S143
func TestCopiesLeaveRoomOnTheDisk(t *testing.T) {
	const size = 1 << 20
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Skipf("this user may not mount a file system: %v", err)
	}
	defer func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	}()
	behind := &hooked{Store: onDisk(t, t.TempDir())}
	for i := range 20 {
		mustPut(t, behind, generation(fmt.Sprint("/", i), i))
	}
	var text bytes.Buffer
	copies := filepath.Join(disk, "copies")
	m := opened(t, behind, Options{Disk: copies, Log: slog.New(slog.NewTextHandler(&text, nil))})
	defer closed(t, m)
	other := filepath.Join(disk, "other")
	if err := os.WriteFile(other, make([]byte, size-size/32), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := m.copyAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			wantGeneration(t, m, fmt.Sprint("/", i), i)
		}
	}
	if files := copiesOf(t, m.disk.folder().path); len(files) > 0 {
		t.Errorf("there are copies on a disk that is nearly full: %v", files)
	}
	if n := behind.reads.Load(); n != 40 {
		t.Errorf("%d pages were read, for 40 visitors", n)
	}
	if lines := strings.Count(text.String(), "\n"); lines != 1 || !strings.Contains(text.String(), "nearly full") || !strings.Contains(text.String(), copies) {
		t.Errorf("log: %s; want one warning with the path", text.String())
	}
	if err := os.Truncate(other, 0); err != nil {
		t.Fatal(err)
	}
	if err := m.copyAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(copiesOf(t, m.disk.folder().path)); n != 20 {
		t.Errorf("%d copies on a disk that has room again", n)
	}
}
