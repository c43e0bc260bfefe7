import { render } from 'preact';
import { App } from './app.tsx';
import './style/theme.css';
import './style/frame.css';
import './style/controls.css';
import './style/result.css';
import './style/fields.css';
import './style/narrow.css';

const place = document.querySelector('#page');
if (place !== null) render(<App />, place);
