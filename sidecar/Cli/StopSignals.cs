using System.Runtime.InteropServices;

namespace Sidecar.Cli;

/// <summary>Turns SIGINT, SIGTERM, SIGHUP and SIGQUIT into cancellation, instead of the runtime's sudden end of the process.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _first = new();
    private readonly CancellationTokenSource _second = new();
    private readonly List<PosixSignalRegistration> _registrations = [];

    public StopSignals()
    {
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT })
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, OnSignal));
        }
    }

    public CancellationToken Stopping => _first.Token;

    /// <summary>Somebody pressed Ctrl+C again: no more patience.</summary>
    public CancellationToken Impatient => _second.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _first.Dispose();
        _second.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;

        // `dotnet run` passes a terminal's Ctrl+C on as well as the terminal itself, so two signals at once are one wish.
        if (!_first.IsCancellationRequested)
        {
            _first.Cancel();
            _lastSignal = TimeProvider.System.GetTimestamp();
        }
        else if (TimeProvider.System.GetElapsedTime(_lastSignal) > TimeSpan.FromMilliseconds(500))
        {
            _second.Cancel();
        }
    }

    private long _lastSignal;
}
