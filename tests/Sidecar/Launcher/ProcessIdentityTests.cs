using System.Text.Json;
using Sidecar.Launcher;

namespace DaprShop.Tests.Launcher;

public sealed class ProcessIdentityTests
{
    [Theory]
    [InlineData("42 (dotnet) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 9 0 987654 1 2", "987654")]
    [InlineData("42 (a) b (c) R 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 9 0 12 1 2", "12")]
    [InlineData("42 (dead) Z 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 9 0 12 1 2", null)]
    [InlineData("42 (short) S 1 42", null)]
    public void ReadStat_OfALine_GivesTheStartTimeOfTheLiving(string line, string? expected)
    {
        Assert.Equal(expected, ProcessIdentity.ReadStat(line));
    }

    [Fact]
    public void IsAlive_SameNumberOtherStartTime_IsFalse()
    {
        var own = ProcessIdentity.Own;
        var reused = own with { StartTime = "1" };

        Assert.True(own.IsAlive);
        Assert.False(reused.IsAlive);
    }

    [Fact]
    public void Json_RoundTrip_KeepsPidAndStartTimeAlone()
    {
        var text = JsonSerializer.Serialize(new ProcessIdentity(7, "99"), JsonSerializerOptions.Web);

        Assert.Equal("""{"pid":7,"startTime":"99"}""", text);
        Assert.Equal(new ProcessIdentity(7, "99"), JsonSerializer.Deserialize<ProcessIdentity>(text, JsonSerializerOptions.Web));
    }
}
