package config

import (
	"strings"
	"time"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
)

// file is wisr.toml, key by key.
type file struct {
	Site       fileSite      `toml:"site"`
	Server     fileServer    `toml:"server"`
	Admin      fileAdmin     `toml:"admin"`
	Revalidate fileSecret    `toml:"revalidate"`
	Draft      fileSecret    `toml:"draft"`
	Cache      fileCache     `toml:"cache"`
	Render     fileRender    `toml:"render"`
	Grants     fileGrants    `toml:"grants"`
	Plugins    filePlugins   `toml:"plugins"`
	Trial      fileTrial     `toml:"trial"`
	Probation  fileProbation `toml:"probation"`
	Webhooks   []fileWebhook `toml:"webhook"`
	Purges     []filePurge   `toml:"purge"`
	Cluster    fileCluster   `toml:"cluster"`
	Dev        fileDev       `toml:"dev"`
}

type fileSite struct {
	BasePath           string          `toml:"base_path"`
	TrailingSlash      bool            `toml:"trailing_slash"`
	Locales            []string        `toml:"locales"`
	DefaultLocale      string          `toml:"default_locale"`
	NotFoundRevalidate strict.Duration `toml:"not_found_revalidate"`
	Crawlers           []string        `toml:"crawlers"`
}

type fileServer struct {
	Listen string `toml:"listen"`
}

type fileAdmin struct {
	Listen string `toml:"listen"`
	Token  Secret `toml:"token"`
}

type fileSecret struct {
	Secret Secret `toml:"secret"`
}

type fileCache struct {
	Memory     strict.Size     `toml:"memory"`
	Store      string          `toml:"store"`
	MaxSize    strict.Size     `toml:"max_size"`
	Expire     strict.Duration `toml:"expire"`
	TagsHeader bool            `toml:"tags_header"`
}

type fileRender struct {
	Workers int         `toml:"workers"`
	Queue   int         `toml:"queue"`
	Memory  strict.Size `toml:"memory"`
}

type fileGrants struct {
	Fetch           []string `toml:"fetch"`
	Files           []string `toml:"files"`
	Env             []string `toml:"env"`
	PrivateNetworks bool     `toml:"private_networks"`
}

type filePlugins struct {
	Dir   string   `toml:"dir"`
	Watch bool     `toml:"watch"`
	Trust []string `toml:"trust"`

	Keep       int         `toml:"keep"`
	Max        int         `toml:"max"`
	MaxModules strict.Size `toml:"max_modules"`
}

func defaults() file {
	return file{
		// S90. Shorter, and every path that a scanner tries costs a generation
		// again and again; longer, and a page published late stays missing.
		Site: fileSite{NotFoundRevalidate: strict.Duration(time.Minute)},
		// Both are for this machine only until somebody says otherwise.
		Server: fileServer{Listen: "127.0.0.1:3000"},
		Admin:  fileAdmin{Listen: "127.0.0.1:9090"},
		Cache: fileCache{
			Memory:  50 << 20, // some thousand pages; small enough for the smallest host
			Store:   StoreDir + ":.wisr/pages",
			MaxSize: 10 << 30,                              // about a million pages of 10 KB; less than the disk of any host
			Expire:  strict.Duration(365 * 24 * time.Hour), // S10, as Next.js
		},
		Render: fileRender{
			Queue:  1000,    // what four cores generate in a few seconds; who waits behind more has left
			Memory: 1 << 30, // fifty Go guests at once; a guest that waits for the network keeps its memory
		},
		Plugins: filePlugins{
			Dir: "plugins", Watch: true,
			Keep:       3,       // a bad deploy is noticed within the next two or three
			Max:        1000,    // each is a route, and a few hundred kilobytes of machine code or more
			MaxModules: 1 << 30, // three hundred Go modules; machine code takes four times as much
		},
		Trial:     defaultTrial,
		Probation: defaultProbation,
		Cluster:   defaultCluster,
	}
}

// config takes over what needs no check beyond its type and bounds.
func (f file) config() *Config {
	return &Config{
		Site: Site{
			BasePath:           f.Site.BasePath,
			TrailingSlash:      f.Site.TrailingSlash,
			Locales:            f.Site.Locales,
			DefaultLocale:      f.Site.DefaultLocale,
			NotFoundRevalidate: time.Duration(f.Site.NotFoundRevalidate),
			Crawlers:           f.Site.Crawlers,
		},
		Server:     Server(f.Server),
		Admin:      Admin(f.Admin),
		Revalidate: Revalidate(f.Revalidate),
		Draft:      Draft(f.Draft),
		Cache: Cache{
			Memory:     int64(f.Cache.Memory),
			Store:      store(f.Cache.Store),
			MaxSize:    int64(f.Cache.MaxSize),
			Expire:     time.Duration(f.Cache.Expire),
			TagsHeader: f.Cache.TagsHeader,
		},
		Render: Render{Workers: f.Render.Workers, Queue: f.Render.Queue, Memory: int64(f.Render.Memory)},
		Grants: Grants(f.Grants),
		Plugins: Plugins{ // checkTrust adds the rest
			Dir: f.Plugins.Dir, Watch: f.Plugins.Watch,
			Keep: f.Plugins.Keep, Max: f.Plugins.Max, MaxModules: int64(f.Plugins.MaxModules),
		},
		Trial:     f.Trial.config(),
		Probation: f.Probation.config(),
		Cluster:   Cluster(f.Cluster),
	}
}

// store takes apart what checkCache checks.
func store(text string) Store {
	kind, place, _ := strings.Cut(text, ":")
	return Store{Kind: kind, Place: place}
}
