package layout

// placer gives the members of a struct their places, one after the other, as a compiler
// does.
type placer struct {
	abi   ABI
	pack  int // no more alignment than that; 0: any
	bit   int // where the next member can begin
	align int // of the struct, so far

	// Microsoft's rule: bit fields whose types have one size share a unit of that size.
	runBits int // of the unit that the last member began or went on with; 0: none
	runLeft int
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// limited is an alignment under #pragma pack.
func (p *placer) limited(align int) int {
	if p.pack != 0 {
		return min(align, p.pack)
	}
	return align
}

// place returns the place of m in bits.
func (p *placer) place(m *member) int {
	switch {
	case !m.isBit:
		return p.placeBytes(m)
	case p.abi.isMicrosoft():
		return p.placeBitsMicrosoft(m)
	}
	return p.placeBits(m)
}

func (p *placer) placeBytes(m *member) int {
	p.endRun()
	align := max(p.limited(m.elemAlign()), m.align)
	p.align = max(p.align, align)
	at := roundUp(p.bit, 8*align)
	p.bit = at + 8*m.elemSize()*m.count()
	return at
}

// placeBits is the rule of the System V ABI: no boundary of the type is crossed, unless
// packed. A bit field of no bits moves the next one to such a boundary.
func (p *placer) placeBits(m *member) int {
	unit := 8 * m.scalar.size
	crosses := p.bit%unit+m.bits > unit
	if m.bits == 0 || crosses && p.pack == 0 {
		p.bit = roundUp(p.bit, unit)
	}
	if m.name != "" {
		p.align = max(p.align, p.limited(m.scalar.size))
	}
	at := p.bit
	p.bit += m.bits
	return at
}

func (p *placer) placeBitsMicrosoft(m *member) int {
	unit, align := 8*m.scalar.size, p.limited(m.scalar.size)
	if m.bits == 0 && p.runBits == 0 {
		return p.bit // has no meaning unless after a bit field
	}
	p.align = max(p.align, align)
	if p.runBits != unit || p.runLeft < m.bits || m.bits == 0 {
		other := p.runBits != unit
		p.endRun()
		if other {
			p.bit = roundUp(p.bit, 8*align)
		}
		if m.bits == 0 {
			return p.bit
		}
		p.runBits, p.runLeft = unit, unit
	}
	at := p.bit
	p.bit += m.bits
	p.runLeft -= m.bits
	return at
}

// endRun uses up the unit of the last bit fields.
func (p *placer) endRun() {
	p.bit += p.runLeft
	p.runBits, p.runLeft = 0, 0
}

// end returns the size of the struct in bytes.
func (p *placer) end() int {
	p.endRun()
	return roundUp(roundUp(p.bit, 8)/8, p.align)
}
