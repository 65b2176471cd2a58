package portal

func (p *Portal) checkoutRoutes() []route     { return nil }
func (p *Portal) sandboxRoutes() []route      { return nil }
func (p *Portal) accountRoutes() []route      { return nil }
func (p *Portal) subscriptionRoutes() []route { return nil }
func (p *Portal) invoiceRoutes() []route      { return nil }
func (p *Portal) tokenRoutes() []route        { return nil }
