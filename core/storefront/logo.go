package storefront

import (
	"bytes"
	"fmt"
	"image"
	_ "image/jpeg" // the two kinds of picture that a logo can be
	"image/png"

	"github.com/fondaco/fondaco/core/fault"
)

// Bounds of a logo.
const (
	MaxLogoBytes  = 256 << 10
	maxLogoPixels = 1024 // wide and high
)

// logoType is what every logo is kept as.
const logoType = "image/png"

// cleanLogo reads a PNG or a JPEG and draws it anew as PNG, so that nothing but
// its pixels is kept or shown to anybody.
func cleanLogo(raw []byte) ([]byte, error) {
	if len(raw) > MaxLogoBytes {
		return nil, wrongLogo(fmt.Sprintf("A logo has at most %d KiB; this has %d.", MaxLogoBytes>>10, len(raw)>>10))
	}
	size, _, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil {
		return nil, wrongLogo("Use a PNG or JPEG picture.")
	}
	if size.Width > maxLogoPixels || size.Height > maxLogoPixels {
		return nil, wrongLogo(fmt.Sprintf("A logo is at most %d × %d pixels; this is %d × %d.", maxLogoPixels, maxLogoPixels, size.Width, size.Height))
	}
	picture, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, wrongLogo("This picture is damaged. Save it again as PNG.")
	}
	var clean bytes.Buffer
	if err := png.Encode(&clean, picture); err != nil {
		return nil, fmt.Errorf("encode logo: %w", err)
	}
	return clean.Bytes(), nil
}

func wrongLogo(message string) error { return fault.InvalidField("logo", message) }
