<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  Keeps the guest from seeing that it runs under KVM.

  Plan:  <hide-hypervisor [vendor-id='STRING']/>
         <hide-hypervisor unset='yes'/>

  Adds features/kvm/hidden and, if one is given, features/hyperv/vendor_id. A vendor_id
  that is switched on keeps its value.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:param name="plan"/>
  <xsl:variable name="p" select="document($plan)/plan/hide-hypervisor"/>
  <xsl:variable name="set" select="not($p/@unset)"/>

  <!-- the guest as it is, where no template below knows better -->
  <xsl:template match="node()"><xsl:copy-of select="."/></xsl:template>

  <!-- the elements of ours, where they are missing -->
  <xsl:template name="hidden">
    <hidden state="on"/>
  </xsl:template>
  <xsl:template name="kvm">
    <kvm><xsl:call-template name="hidden"/></kvm>
  </xsl:template>
  <xsl:template name="vendor">
    <vendor_id state="on" value="{$p/@vendor-id}"/>
  </xsl:template>
  <xsl:template name="hyperv">
    <hyperv><xsl:call-template name="vendor"/></hyperv>
  </xsl:template>

  <xsl:template match="/domain">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="node()"/>
      <xsl:if test="$set and not(features)">
        <features>
          <xsl:call-template name="hyperv"/>
          <xsl:call-template name="kvm"/>
        </features>
      </xsl:if>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/features[1]">
    <xsl:variable name="rest" select="*[not(self::kvm or self::hyperv)]
      | kvm/*[not(self::hidden)] | hyperv/*[not(self::vendor_id)] | hyperv[@mode]"/>
    <xsl:if test="$set or $rest or .//comment()
                  or .//processing-instruction() or not(kvm/hidden or hyperv/vendor_id)">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:apply-templates select="node()"/>
        <xsl:if test="$set and not(hyperv)">
          <xsl:call-template name="hyperv"/>
        </xsl:if>
        <xsl:if test="$set and not(kvm)">
          <xsl:call-template name="kvm"/>
        </xsl:if>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/features[1]/kvm[1]">
    <xsl:if test="$set or *[not(self::hidden)] or comment()
                  or processing-instruction() or not(hidden)">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:apply-templates select="node()"/>
        <xsl:if test="$set and not(hidden)">
          <xsl:call-template name="hidden"/>
        </xsl:if>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/features[1]/kvm[1]/hidden">
    <xsl:if test="$set">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:attribute name="state">on</xsl:attribute>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/features[1]/hyperv[1]">
    <xsl:if test="$set or @mode or *[not(self::vendor_id)] or comment()
                  or processing-instruction() or not(vendor_id)">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:apply-templates select="node()"/>
        <xsl:if test="$p/@vendor-id and not(vendor_id)">
          <xsl:call-template name="vendor"/>
        </xsl:if>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/features[1]/hyperv[1]/vendor_id">
    <xsl:if test="$set">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:attribute name="state">on</xsl:attribute>
        <xsl:if test="not(@state = 'on' and @value)">
          <xsl:attribute name="value"><xsl:value-of select="$p/@vendor-id"/></xsl:attribute>
        </xsl:if>
      </xsl:copy>
    </xsl:if>
  </xsl:template>
</xsl:stylesheet>
