using System.Text;
using System.Text.Json;
using Sidecar.Actors.Hosting;

namespace DaprShop.Tests.Actors;

public sealed class HostedTypesTests
{
    private readonly List<string> _warnings = [];

    [Fact]
    public void Parse_OnlyEntities_HaveTheDefaults()
    {
        var types = Parse("""{"entities":["cat","dog","cat",""],"remindersStoragePartitions":3}""");

        Assert.Equal(["cat", "dog"], types.Keys.Order());
        Assert.Equal(
            new ActorTypeSettings
            {
                IdleTimeout = TimeSpan.FromHours(1),
                DrainTimeout = TimeSpan.FromSeconds(2),
                DrainTurns = true,
                Reentrancy = false,
                MaxStackDepth = 32,
            },
            types["cat"]);
        Assert.Empty(_warnings);
    }

    [Fact]
    public void Parse_EntitiesConfig_StandsForItself()
    {
        var types = Parse("""
            {"entities":["cat","dog"],"actorIdleTimeout":"PT30S","drainOngoingCallTimeout":"1m","drainRebalancedActors":false,
             "reentrancy":{"enabled":true,"maxStackDepth":5},
             "entitiesConfig":[{"entities":["dog","cow"],"actorIdleTimeout":"10s","reentrancy":{"enabled":true}}]}
            """);

        Assert.Equal(
            new ActorTypeSettings
            {
                IdleTimeout = TimeSpan.FromSeconds(30),
                DrainTimeout = TimeSpan.FromMinutes(1),
                DrainTurns = false,
                Reentrancy = true,
                MaxStackDepth = 5,
            },
            types["cat"]);
        Assert.Equal(
            new ActorTypeSettings
            {
                IdleTimeout = TimeSpan.FromSeconds(10),
                DrainTimeout = TimeSpan.FromMinutes(1),
                DrainTurns = false,
                Reentrancy = true,
                MaxStackDepth = 32,
            },
            types["dog"]);
        Assert.Equal(["entitiesConfig speaks of the actor type 'cow', which is not among the entities"], _warnings);
    }

    [Fact]
    public void Parse_WhatIsNoDuration_KeepsTheDefaultAndSaysSo()
    {
        var types = Parse("""{"entities":["cat"],"actorIdleTimeout":"long","reentrancy":{"enabled":true,"maxStackDepth":"x"}}""");

        Assert.Equal((TimeSpan.FromHours(1), 32), (types["cat"].IdleTimeout, types["cat"].MaxStackDepth));
        Assert.Equal(["actorIdleTimeout: 'long' is not a duration such as 30s or PT30S; 1h0m0s is used"], _warnings);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("hello")]
    public void Parse_WhatIsNoObject_IsRefused(string body) => Assert.ThrowsAny<JsonException>(() => Parse(body));

    [Fact]
    public void Parse_WithoutEntities_HostsNothing() => Assert.Empty(Parse("{}"));

    private IReadOnlyDictionary<string, ActorTypeSettings> Parse(string json) => HostedTypes.Parse(Encoding.UTF8.GetBytes(json), _warnings.Add);
}
