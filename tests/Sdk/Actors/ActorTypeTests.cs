using Dapr.Actors;
using Dapr.Actors.Runtime;

namespace DaprShop.Tests.Actors;

public sealed class ActorTypeTests
{
    [Fact]
    public void Type_OfAClass_IsNamedByWhoeverIsNearest()
    {
        Assert.Equal("Counter", ActorTypeInformation.Get(typeof(CounterActor), null!).ActorTypeName);
        Assert.Equal("Given", ActorTypeInformation.Get(typeof(CounterActor), "Given").ActorTypeName);
        Assert.Equal(nameof(PlainActor), ActorTypeInformation.Get(typeof(PlainActor), null!).ActorTypeName);
    }

    [Fact]
    public void Type_OfAClass_KnowsItsInterfaces()
    {
        var type = ActorTypeInformation.Get(typeof(CounterActor), null!);

        Assert.Equal([typeof(ICounter)], type.InterfaceTypes);
        Assert.True(type.IsRemindable);
        Assert.False(type.IsAbstract);
        Assert.False(ActorTypeInformation.Get(typeof(PlainActor), null!).IsRemindable);
    }

    [Fact]
    public void Type_ThatIsNoActor_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => ActorTypeInformation.Get(typeof(string), null!));
        Assert.Throws<ArgumentException>(() => ActorTypeInformation.Get(typeof(SilentActor), null!));
    }

    [Fact]
    public void Registration_OfANameTwice_IsRefused()
    {
        var actors = new ActorRegistrationCollection();
        actors.RegisterActor<CounterActor>();

        Assert.Throws<ArgumentException>(() => actors.RegisterActor<PlainActor>("Counter"));
        Assert.Equal("Counter", Assert.Single(actors).Type.ActorTypeName);
    }

    [Fact]
    public void Options_OutOfRange_AreRefused()
    {
        var options = new ActorRuntimeOptions();

        Assert.Throws<ArgumentOutOfRangeException>(() => options.ActorIdleTimeout = TimeSpan.Zero);
        Assert.Throws<ArgumentOutOfRangeException>(() => options.ActorScanInterval = TimeSpan.Zero);
        Assert.Throws<ArgumentOutOfRangeException>(() => options.DrainOngoingCallTimeout = TimeSpan.FromSeconds(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => options.RemindersStoragePartitions = -1);
        Assert.Throws<ArgumentNullException>(() => options.JsonSerializerOptions = null!);
    }

    [Fact]
    public async Task Actor_MadeForATest_SaysWhatItLacks()
    {
        var actor = new PlainActor(ActorHost.CreateForTest<PlainActor>(new ActorTestOptions { ActorId = new ActorId("a") }));

        var store = await Assert.ThrowsAsync<InvalidOperationException>(() => actor.Read());
        var timers = await Assert.ThrowsAsync<InvalidOperationException>(() => actor.RegisterTimerAsync("t", "Read", null!, TimeSpan.Zero, TimeSpan.Zero));
        var callback = await Assert.ThrowsAsync<ArgumentException>(() => actor.RegisterTimerAsync("t", "Nothing", null!, TimeSpan.Zero, TimeSpan.Zero));
        var wrong = await Assert.ThrowsAsync<ArgumentException>(() => actor.RegisterTimerAsync("t", nameof(PlainActor.Take), null!, TimeSpan.Zero, TimeSpan.Zero));

        Assert.Equal("a", actor.Id.GetId());
        Assert.Contains("StateManager", store.Message, StringComparison.Ordinal);
        Assert.Contains("TimerManager", timers.Message, StringComparison.Ordinal);
        Assert.Contains("no method Nothing", callback.Message, StringComparison.Ordinal);
        Assert.Contains("one byte[]", wrong.Message, StringComparison.Ordinal);
    }

    public interface IPlain : IActor
    {
        Task<int> Read();
    }

    internal sealed class PlainActor(ActorHost host) : Actor(host), IPlain
    {
        public Task<int> Read() => StateManager.GetStateAsync<int>("n");

        public Task Take(string text) => StateManager.SetStateAsync("n", text);
    }

    internal sealed class SilentActor(ActorHost host) : Actor(host);
}
