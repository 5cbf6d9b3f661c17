<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  The guest's memory on huge pages.

  Plan:  <hugepages size='KiB'/>
         <hugepages/>                 the pages that the guest has stay as they are
         <hugepages unset='yes'/>

  The memory comes from memfd unless the guest has a source of its own. Pages for single
  NUMA cells of the guest (nodeset=) stay.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:param name="plan"/>
  <xsl:variable name="p" select="document($plan)/plan/hugepages"/>
  <xsl:variable name="set" select="not($p/@unset)"/>

  <!-- the guest as it is, where no template below knows better -->
  <xsl:template match="node()"><xsl:copy-of select="."/></xsl:template>

  <xsl:template name="page">
    <xsl:if test="$p/@size">
      <page size="{$p/@size}" unit="KiB"/>
    </xsl:if>
  </xsl:template>
  <xsl:template name="hugepages">
    <hugepages><xsl:call-template name="page"/></hugepages>
  </xsl:template>
  <xsl:template name="source">
    <source type="memfd"/>
  </xsl:template>
  <xsl:template name="memory-backing">
    <memoryBacking>
      <xsl:call-template name="hugepages"/>
      <xsl:call-template name="source"/>
    </memoryBacking>
  </xsl:template>

  <!-- where libvirt writes <memoryBacking>: behind these -->
  <xsl:template match="/domain">
    <xsl:variable name="place" select="generate-id((name|uuid|genid|title|description|metadata
        |memory|maxMemory|currentMemory|blkiotune|memtune)[last()])"/>
    <xsl:variable name="missing" select="$set and not(memoryBacking)"/>
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:if test="$missing and not($place)">
        <xsl:call-template name="memory-backing"/>
      </xsl:if>
      <xsl:for-each select="node()">
        <xsl:apply-templates select="."/>
        <xsl:if test="$missing and generate-id() = $place">
          <xsl:call-template name="memory-backing"/>
        </xsl:if>
      </xsl:for-each>
    </xsl:copy>
  </xsl:template>

  <!--
    What is added stands at the end, the source behind the pages: so it is told from a
    source that was there before. One that comes before shared access, as libvirt writes
    it, may serve virtiofs.
  -->
  <xsl:template match="/domain/memoryBacking[1]">
    <xsl:variable name="ours" select="hugepages | source[@type = 'memfd'
        and preceding-sibling::hugepages and not(following-sibling::access[@mode = 'shared'])]"/>
    <xsl:if test="$set or count(*) > count($ours) or comment()
                  or processing-instruction() or not($ours)">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:apply-templates select="node()[$set or count(. | $ours) > count($ours)]"/>
        <xsl:if test="$set and not(hugepages)">
          <xsl:call-template name="hugepages"/>
        </xsl:if>
        <xsl:if test="$set and not(source)">
          <xsl:call-template name="source"/>
        </xsl:if>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/memoryBacking[1]/hugepages[1]">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="node()"/>
      <xsl:if test="not(page[not(@nodeset)])">
        <xsl:call-template name="page"/>
      </xsl:if>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/memoryBacking[1]/hugepages[1]/page[not(@nodeset)]">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:if test="$p/@size">
        <xsl:attribute name="size"><xsl:value-of select="$p/@size"/></xsl:attribute>
        <xsl:attribute name="unit">KiB</xsl:attribute>
      </xsl:if>
      <xsl:apply-templates select="node()"/>
    </xsl:copy>
  </xsl:template>
</xsl:stylesheet>
