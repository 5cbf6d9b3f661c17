<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  The number of vCPUs, and what has to agree with it.

  Plan:  <vcpus n='8' cell='0-7'                        the vCPUs of the only NUMA cell
                sockets= dies= clusters= cores= threads=>   the topology that multiplies out
           <sched from='0-15' to='0-7'/>                a list of vCPUs in <vcpusched>; one
         </vcpus>                                       without "to" goes

  cell and topology are there only if they have to change. All vCPUs are there from the
  start: current= and a <vcpus> that says otherwise go, and so does what pins one too many.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:import href="topology.xsl"/>
  <xsl:param name="plan"/>
  <xsl:variable name="p" select="document($plan)/plan/vcpus"/>
  <xsl:variable name="n" select="$p/@n"/>
  <xsl:variable name="topology" select="$p[@sockets]"/>

  <!-- where libvirt writes <vcpu>: behind these -->
  <xsl:template match="/domain">
    <xsl:variable name="place" select="generate-id((name|uuid|genid|title|description|metadata
        |memory|maxMemory|currentMemory|blkiotune|memtune|memoryBacking)[last()])"/>
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:if test="not(vcpu) and not($place)">
        <vcpu><xsl:value-of select="$n"/></vcpu>
      </xsl:if>
      <xsl:for-each select="node()">
        <xsl:apply-templates select="."/>
        <xsl:if test="generate-id() = $place and not(../vcpu)">
          <vcpu><xsl:value-of select="$n"/></vcpu>
        </xsl:if>
      </xsl:for-each>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/vcpu[1]">
    <xsl:copy>
      <xsl:copy-of select="@*[name() != 'current']"/>
      <xsl:choose>
        <xsl:when test="number(.) = $n">
          <xsl:apply-templates select="node()"/>
        </xsl:when>
        <xsl:otherwise>
          <xsl:value-of select="$n"/>
        </xsl:otherwise>
      </xsl:choose>
    </xsl:copy>
  </xsl:template>

  <!-- a vCPU that is not listed here is offline -->
  <xsl:template match="/domain/vcpus[1]">
    <xsl:if test="count(vcpu) = $n and not(vcpu[@id >= $n or @enabled != 'yes'])">
      <xsl:copy-of select="."/>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/cpu[1]/numa[1]">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="node()"/>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/cpu[1]/numa[1]/cell[@cpus]">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:if test="$p/@cell">
        <xsl:attribute name="cpus"><xsl:value-of select="$p/@cell"/></xsl:attribute>
      </xsl:if>
      <xsl:apply-templates select="node()"/>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/cputune[1]">
    <xsl:variable name="gone" select="vcpupin[@vcpu >= $n]
      | vcpusched[@vcpus = $p/sched[not(@to)]/@from]"/>
    <xsl:if test="not($gone) or count(*) > count($gone) or comment()
                  or processing-instruction()">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:apply-templates select="node()"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/cputune[1]/vcpupin">
    <xsl:if test="not(@vcpu >= $n)">
      <xsl:copy-of select="."/>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/cputune[1]/vcpusched">
    <xsl:variable name="sched" select="$p/sched[@from = current()/@vcpus][1]"/>
    <xsl:if test="not($sched) or $sched/@to">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:if test="$sched">
          <xsl:attribute name="vcpus"><xsl:value-of select="$sched/@to"/></xsl:attribute>
        </xsl:if>
        <xsl:apply-templates select="node()"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>
</xsl:stylesheet>
