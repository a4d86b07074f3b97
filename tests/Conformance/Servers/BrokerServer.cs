namespace DaprShop.Tests.Servers;

/// <summary>
/// What a suite may do to the real server behind a driver. The server is shared by many tests, and started by the
/// fixture that shares it; a test that takes it down must bring it back.
/// </summary>
/// <param name="KillAsync">As kill -9.</param>
/// <param name="StartAgainAsync">On the same port and data; returns when it answers.</param>
/// <param name="PauseAsync">It stops answering while its connections stay open.</param>
internal sealed record BrokerServer(
    int Port, Func<Task> KillAsync, Func<Task> StartAgainAsync, Func<Task> PauseAsync, Func<Task> ResumeAsync);
