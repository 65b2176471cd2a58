package pdf

import (
	"bytes"
	"fmt"
	"sync"
	"time"

	"github.com/johnfercher/maroto/v2"
	"github.com/johnfercher/maroto/v2/pkg/components/page"
	"github.com/johnfercher/maroto/v2/pkg/config"
	"github.com/johnfercher/maroto/v2/pkg/consts/pagesize"
	"github.com/johnfercher/maroto/v2/pkg/core"
	"github.com/johnfercher/maroto/v2/pkg/core/entity"
	"github.com/johnfercher/maroto/v2/pkg/props"
	"github.com/johnfercher/maroto/v2/pkg/repository"
	"github.com/phpdave11/gofpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
)

const (
	side       = 20.0 // left and right margin, millimetres
	top        = 18.0
	bottom     = 20.0
	innerWidth = 170 // A4 less the margins; also the grid, so that a column of 1 is 1 mm

	// maroto fills each page to the last nanometre and lets the PDF writer turn
	// it when a row no longer fits, so a rounding error in the sum of the rows
	// would push the foot onto a page of its own. All other heights are whole
	// hundredths of a millimetre and maroto cuts the filling row to nine digits:
	// half a nanometre here stays free on every page.
	footHeight = 6 + 5e-10
)

// sortCatalog makes the PDF writer number its fonts in a fixed order; it takes
// this setting for the whole process only.
var sortCatalog = sync.OnceFunc(func() { gofpdf.SetDefaultCatalogSort(true) })

// Render draws d and returns the PDF file. Equal documents give equal bytes:
// the file's dates come from IssuedAt, not from the clock. Characters the font
// lacks (it has Latin, Greek and Cyrillic) lose their accent or become '?'.
func Render(d Document) ([]byte, error) {
	sortCatalog()
	face, err := newTypeface()
	if err != nil {
		return nil, fmt.Errorf("invoice %s: %w", d.Number, err)
	}
	s := &sheet{Maroto: maroto.New(configuration(d, face)), face: face}
	if err := s.draw(d); err != nil {
		return nil, fmt.Errorf("invoice %s: %w", d.Number, err)
	}
	document, err := s.Generate()
	if err != nil {
		return nil, fmt.Errorf("invoice %s: %w", d.Number, err)
	}
	return fixModDate(document.GetBytes(), d.created()), nil
}

func configuration(d Document, face *typeface) *entity.Config {
	// The PDF writer writes checksums into the fonts it is given.
	fonts, _ := repository.New().
		AddUTF8FontFromBytes(family, regular, bytes.Clone(goregular.TTF)).
		AddUTF8FontFromBytes(family, bold, bytes.Clone(gobold.TTF)).
		Load() // reads files only, and there are none
	ground, grey := ink(), faint()
	return config.NewBuilder().
		WithPageSize(pagesize.A4).
		WithLeftMargin(side).WithRightMargin(side).WithTopMargin(top).WithBottomMargin(bottom).
		WithMaxGridSize(innerWidth).
		WithCustomFonts(fonts).
		WithDefaultFont(&props.Font{Family: family, Size: plain().size, Color: &ground}).
		WithPageNumber(props.PageNumber{
			Pattern: "Page {current} of {total}", Place: props.RightBottom,
			Family: family, Style: regular, Size: label().size, Color: &grey,
		}).
		WithCompression(true).
		WithTitle(face.clean(d.title()+" "+d.Number), true).
		WithAuthor(face.clean(d.Marketplace.Name), true).
		WithCreator("Fondaco", true).
		WithCreationDate(d.created()).
		Build()
}

// fixModDate overwrites the file's modification date, for which maroto has no
// setting. The length stays, so all offsets in the file stay true.
func fixModDate(file []byte, at time.Time) []byte {
	marker := []byte("/ModDate (D:")
	i := bytes.LastIndex(file, marker)
	if i < 0 {
		return file
	}
	copy(file[i+len(marker):], at.Format("20060102150405"))
	return file
}

// sheet is the document under construction.
type sheet struct {
	core.Maroto
	face       *typeface
	headHeight float64 // of the table head, while it is repeated
}

func (s *sheet) add(strips ...strip) {
	for _, st := range strips {
		s.AddRows(st.row())
	}
}

// together adds the strips on one page: the current one if they fit, else a
// new one. More than a page breaks where it must.
func (s *sheet) together(strips ...strip) {
	height := 0.0
	for _, st := range strips {
		height += st.height()
	}
	// FitlnCurrentPage counts a repeated head twice.
	if !s.FitlnCurrentPage(height - s.headHeight) {
		s.AddPages(page.New())
	}
	s.add(strips...)
}
