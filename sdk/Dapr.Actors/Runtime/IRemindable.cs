namespace Dapr.Actors.Runtime;

/// <summary>An actor that takes reminders. Those of an actor without it fire into nothing.</summary>
public interface IRemindable
{
    /// <summary>
    /// A reminder fired. It is a turn like a method call. An exception makes the sidecar try again, twice at the most.
    /// </summary>
    /// <param name="reminderName">Which reminder.</param>
    /// <param name="state">What was handed over at registration.</param>
    /// <param name="dueTime">As registered.</param>
    /// <param name="period">As registered; one negative millisecond: it fires once.</param>
    Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period);
}
