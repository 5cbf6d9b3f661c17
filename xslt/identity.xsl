<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  What every tweak's stylesheet begins with: the guest as it is.

  A part of the guest that the stylesheet has no template for is copied whole, which
  costs a tenth of walking through it. So a template for something inside /domain/X, or
  inside a device, is reached only if there is one for /domain/X, or for the device, that
  applies templates to its content. Attributes are copied along with their element: no
  template is looked for, unless one asks by <xsl:apply-templates select="@*"/>.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:template match="/domain/*|/domain/devices/*">
    <xsl:copy-of select="."/>
  </xsl:template>

  <xsl:template match="/domain|/domain/devices" priority="1">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="node()"/>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="@*|node()">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="node()"/>
    </xsl:copy>
  </xsl:template>
</xsl:stylesheet>
